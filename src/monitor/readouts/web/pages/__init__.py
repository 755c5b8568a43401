"""The pages: HTML drawn here, carried to browsers cell by cell."""
