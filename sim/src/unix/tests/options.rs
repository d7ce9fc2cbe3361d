//! `setsockopt(2)` and `getsockopt(2)`.
//!
//! Does not know chance. Invariant: every answer is the one Linux 6.18 gave to the same script.

use super::script::check;

#[test]
fn options_answer_as_linux_answers() {
    check(
        "a new stream
         a get 1 3 => 1
         a get 1 4 => 0
         a get 1 7 => 212992
         a get 1 8 => 212992
         a get 1 38 => 0
         a get 1 39 => 1
         a get 1 30 => 0
         a get 1 2 => 0
         a get 1 9 => 0
         a get 1 13 => 0 0
         a get 1 20 => 0 0 0 0
         a get 1 21 => 0 0 0 0
         a get 1 18 => 1
         a get 1 19 => 1
         a get 1 16 => 0
         a get 1 15 => 0
         a set 1 15 1 => EOPNOTSUPP
         a set 1 15 0
         a set 1 7 1
         a get 1 7 => 4608
         a set 1 7 5000
         a get 1 7 => 10000
         a set 1 7 100000000
         a get 1 7 => 8388608
         a set 1 8 1
         a get 1 8 => 2304
         a set 1 8 100000000
         a get 1 8 => 8388608
         a set 1 20 1l 500000l
         a get 1 20 => 1 0 500000 0
         a set 1 21 0l 1000000l => EDOM
         a set 1 3 1 => ENOPROTOOPT
         a set 1 30 1 => ENOPROTOOPT
         a set 1 17 1 => ENOPROTOOPT
         a set 1 38 1 => ENOPROTOOPT
         a set 1 2 5
         a get 1 2 => 1
         a set 1 9 7
         a get 1 9 => 1
         a set 1 13 1 5
         a get 1 13 => 1 5
         a set 6 1 1 => EOPNOTSUPP
         a get 6 1 => EOPNOTSUPP
         a set 41 26 1 => EOPNOTSUPP
         a get 0 1 => EOPNOTSUPP
         a get 1 5 => 0
         a get 1 6 => 0
         a set 1 6 1
         a set 1 16 => EINVAL
         d new dgram
         d get 1 3 => 2
         q new seq
         q get 1 3 => 5",
    );
}
