"""Channels as the alert file describes them: checked, with secrets still by reference."""
