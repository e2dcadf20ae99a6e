"""A stand-in for the SegFormer service: fast, light, and faulty on demand."""

from tests.stub.answers import Answers, ExpectedAnswer, expected_answer
from tests.stub.process import StubService

__all__ = ["Answers", "ExpectedAnswer", "StubService", "expected_answer"]
