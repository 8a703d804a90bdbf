"""Where messages go: a channel knows one kind of target, takes a message and says how it went"""
