"""The `partnerops` command: thin, it calls what the assets call and says in plain words what came of it."""
