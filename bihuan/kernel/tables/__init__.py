"""What reads the declared tables: checks, the next actions, clauses, the role matrix and the state diagram."""
