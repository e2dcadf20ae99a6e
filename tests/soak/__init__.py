"""The soak: steady load with faults, and whether memory or open files grow.

python -m tests.soak --minutes 20
"""
