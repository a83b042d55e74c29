"""The conference: its door, those who take part, who is heard, its floor and its keys."""
