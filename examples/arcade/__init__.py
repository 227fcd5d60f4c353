"""An arcade of games on plain redis-py: sessions, a leaderboard, a queue of mails, a limiter."""
