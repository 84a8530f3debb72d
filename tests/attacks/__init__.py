"""What someone with the database in hand may try, and what verification says to it (#50)."""
