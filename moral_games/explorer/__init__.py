"""The explorer: a local web app on games, values, opponents and runs; `moral-games explore`.

Pages arrange what the library computes. What stands on them is text and drawings made by pure functions
(``*_view.py``); only ``*_page.py``, ``controls.py``, ``frame.py`` and ``server.py`` know the browser.
"""
