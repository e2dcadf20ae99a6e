"""Who may do what: keys for machines, log-ins for people, and the record of what they changed."""
