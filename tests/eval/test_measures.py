#!/usr/bin/python3
"""The measures against what was computed by hand. Skipped (exit status 77) without NumPy and SciPy."""
import sys
import unittest

try:
    import measures
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-numpy, python3-scipy)")
    sys.exit(77)

BOX, FAR = (0, 0, 10, 10), (100, 0, 10, 10)
SHIFTED = (0, 0, 10, 6)  # IoU with BOX: 0.6


def rows(*frames):
    """Frames from 1: of each, the (number, box) in it."""
    return dict(enumerate(map(list, frames), 1))


class Measures(unittest.TestCase):
    def expect(self, truth, result, **expected):
        found = measures.evaluate(truth, result)
        self.assertEqual({key: found[key] for key in expected}, expected)

    def test_perfect_tracks(self):
        truth = rows([(1, BOX), (2, FAR)], [(1, BOX), (2, FAR)])
        result = rows([(7, FAR), (3, BOX)], [(3, BOX), (7, FAR)])
        self.expect(truth, result, MOTA=100.0, IDF1=100.0, HOTA=100.0)

    def test_nothing_found(self):
        self.expect(rows([(1, BOX)]), {}, MOTA=0.0, IDF1=0.0, HOTA=0.0, missed=1)
        self.expect({}, rows([(1, BOX)]), IDF1=0.0, HOTA=0.0, false=1)

    def test_a_number_that_changes_halfway(self):
        """Four boxes, two with either number: one switch; two of four rightly named; each box's association is 2 of 4, so that
        HOTA is the square root of 1 times 1/2."""
        truth = rows(*[[(1, BOX)]] * 4)
        result = rows([(1, BOX)], [(1, BOX)], [(2, BOX)], [(2, BOX)])
        self.expect(truth, result, MOTA=75.0, IDF1=50.0, HOTA=70.7, switches=1)

    def test_boxes_that_are_off(self):
        """An IoU of 0.6 reaches 12 of the 19 thresholds."""
        self.expect(rows(*[[(1, BOX)]] * 3), rows(*[[(1, SHIFTED)]] * 3), MOTA=100.0, IDF1=100.0, HOTA=63.2)

    def test_misses_and_false_boxes(self):
        """Of 4 boxes 3 are found, with one that is none: detection 3/5. The track's association: 3 of 4 + 3 - 3, for each of
        the three. HOTA: sqrt(0.6 * 0.75) = 0.671. MOTA: 1 - 2/4; IDF1: 2 * 3 / (4 + 4)."""
        truth = rows(*[[(1, BOX)]] * 4)
        result = rows([(1, BOX)], [(1, BOX)], [(1, BOX), (2, FAR)], [])
        self.expect(truth, result, MOTA=50.0, IDF1=75.0, HOTA=67.1, false=1, missed=1, switches=0)

    def test_two_who_exchange_their_numbers(self):
        """In the last of four frames: two switches; 6 of 8 rightly named. Of the right pairs (3 boxes each) an association is 3 of
        4 + 4 - 3, of the wrong ones (1 each) 1 of 4 + 4 - 1: (6 * 0.6 + 2 / 7) / 8 = 0.486, whose root is 0.697."""
        truth = rows(*[[(1, BOX), (2, FAR)]] * 4)
        result = rows(*[[(1, BOX), (2, FAR)]] * 3, [(2, BOX), (1, FAR)])
        self.expect(truth, result, MOTA=75.0, IDF1=75.0, HOTA=69.7, switches=2)

    def test_a_pair_stays_while_it_is_alike(self):
        """A second track with a better box does not take the object over."""
        truth = rows([(1, BOX)], [(1, BOX)])
        result = rows([(1, SHIFTED)], [(1, SHIFTED), (2, BOX)])
        self.expect(truth, result, switches=0, false=1, missed=0)


if __name__ == "__main__":
    unittest.main()
