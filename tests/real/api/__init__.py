"""The API of the dashboard, asked over HTTP as any program asks it."""
