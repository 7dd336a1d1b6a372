"""The exercises. Read `course` (where they are and how a reader stands), `judging`, then a folder for each exercise."""
