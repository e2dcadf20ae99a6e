"""The crash test: uploads while everything is killed, then a count of every image.

python -m tests.crash --kills 200 --uploads 5000 --seed 1
"""
