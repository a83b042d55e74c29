"""The waiting room: people who are not let in yet hear that they wait, and the hosts hear of them."""
