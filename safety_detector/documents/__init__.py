"""What people and programs are shown of things: one typed document each, wherever it is shown.

REST answers with them, the command line prints them, files hold them.
"""
