//! Standard vectors and files that other tools wrote.
