"""The only room that picks concrete adapters: it reads the settings, makes the parts and hands them to the workers.

One module a deployable, one for the whole on a laptop (`up`), one for what needs no Redis (`offline`).
"""
