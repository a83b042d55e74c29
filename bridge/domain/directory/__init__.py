"""The region's own data: organisations, functions, lists, forums, talkgroups."""
