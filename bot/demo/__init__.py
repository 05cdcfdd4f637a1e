"""The demo: a recorded-style story served over real HTTP, the WeCom emulator, the bot and the board in one process tree."""
