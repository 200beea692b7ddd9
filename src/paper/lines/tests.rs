use super::*;

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 37 + len) as u8).collect()
}

/// The characters of a line that carry something, by their place in the text.
fn places(line: &str) -> Vec<usize> {
    let start = line.find(':').unwrap();
    let carries = |(at, c): &(usize, char)| *at > start && c.is_ascii_alphanumeric();
    line.char_indices().filter(carries).map(|(at, _)| at).collect()
}

fn problems(lines: &[String]) -> Vec<Problem> {
    read(&lines.join("\n")).unwrap_err().problems().to_vec()
}

fn is_about(problem: &Problem, number: usize) -> bool {
    matches!(problem, Problem::Check { place, .. } if place.number == number)
}

#[test]
fn every_length_comes_back() {
    for len in 1..=130 {
        let lines = write(&bytes(len)).unwrap();
        assert_eq!(read(&lines.join("\n")).unwrap(), bytes(len), "{len}");
    }
    let most = bytes(MAX_BYTES);
    assert_eq!(read(&write(&most).unwrap().join("\n")).unwrap(), most);
    assert!(write(&[]).is_err() && write(&bytes(MAX_BYTES + 1)).is_err());
}

#[test]
fn it_can_be_typed_carelessly() {
    let lines = write(&bytes(70)).unwrap();
    let folded = |line: &String| line.replacen('0', "o", 3).replacen('1', "l", 2).replace(' ', "");
    let mut typed: Vec<_> = lines.iter().map(|line| folded(line).to_lowercase()).collect();
    typed.reverse();
    typed.insert(1, "# page 2".to_owned());
    typed.insert(2, String::new());
    assert_eq!(read(&typed.join("\r\n")).unwrap(), bytes(70));
}

/// Every character of a line, each replaced with every other one.
#[test]
fn every_mistyped_character_is_found_and_its_line_and_group_named() {
    let lines = write(&bytes(60)).unwrap();
    for number in [1, 2, 3] {
        let line = &lines[number - 1];
        for (i, at) in places(line).into_iter().enumerate() {
            for letter in ALPHABET.iter().map(|letter| char::from(*letter)) {
                if line[at..].starts_with(letter) {
                    continue;
                }
                let mut typed = lines.clone();
                typed[number - 1].replace_range(at..=at, &letter.to_string());
                let found = problems(&typed);
                let data = places(line).len() - CHECK;
                let group = (i < data).then_some(i / GROUP + 1);
                let place = Where { at: number, number };
                let expected = Problem::Check { place, look: Some(Mistake { group }) };
                assert_eq!(found, [expected], "{}", typed[number - 1]);
            }
        }
    }
}

#[test]
fn every_swap_of_neighbours_is_found_and_its_line_named() {
    let lines = write(&bytes(60)).unwrap();
    let places = places(&lines[1]);
    let mut swaps = 0;
    for pair in places.windows(2) {
        let mut typed: Vec<char> = lines[1].chars().collect();
        typed.swap(pair[0], pair[1]);
        let typed: String = typed.into_iter().collect();
        if typed != lines[1] {
            swaps += 1;
            let found = problems(&[lines[0].clone(), typed, lines[2].clone()]);
            assert!(found.len() == 1 && is_about(&found[0], 2), "{found:?}");
        }
    }
    assert!(swaps > 30, "{swaps}");
}

#[test]
fn two_mistakes_in_a_line_are_found_too() {
    let lines = write(&bytes(60)).unwrap();
    let places = places(&lines[0]);
    for (a, b) in places.iter().zip(places.iter().skip(7)) {
        let mut typed = lines[0].clone();
        for at in [*a, *b] {
            let other = if typed[at..].starts_with('7') { "8" } else { "7" };
            typed.replace_range(at..=at, other);
        }
        let found = problems(&[typed, lines[1].clone(), lines[2].clone()]);
        assert!(found.len() == 1 && is_about(&found[0], 1), "{found:?}");
    }
}

#[test]
fn a_wrong_number_a_missing_line_and_a_missing_character_are_named() {
    let lines = write(&bytes(100)).unwrap();
    let wrong_number = [lines[0].replacen("1/", "2/", 1), lines[2].clone(), lines[3].clone()];
    let found = problems(&wrong_number);
    assert!(is_about(&found[0], 2), "{found:?}");
    assert_eq!(found[1], Problem::Missing { numbers: vec![1], total: 4 });

    let mut short = lines.clone();
    short[1].remove(10);
    let text = read(&short.join("\n")).unwrap_err().to_string();
    assert_eq!(text, "line 2 has 45 characters, and a whole line has 46");

    let missing = [lines[0].clone(), lines[3].clone()].join("\n");
    let text = read(&missing).unwrap_err().to_string();
    assert_eq!(text, "2 of 4 lines are missing: 2, 3");

    let mut foreign = lines.clone();
    foreign[2].replace_range(8..9, "U");
    let text = read(&foreign.join("\n")).unwrap_err().to_string();
    assert!(text.starts_with("line 3: `U` in group 1 is not"), "{text}");
}

#[test]
fn lines_of_two_sheets_do_not_become_one() {
    let (one, other) = (write(&bytes(60)).unwrap(), write(&[7; 60]).unwrap());
    let mixed = [one[0].clone(), one[1].clone(), one[2].clone(), other[1].clone()];
    assert!(matches!(problems(&mixed)[0], Problem::OtherSheet { .. }));
    let longer = write(&bytes(100)).unwrap();
    let mixed = [one[0].clone(), longer[1].clone(), one[2].clone()];
    assert!(matches!(problems(&mixed)[0], Problem::OtherSheet { total: 4, .. }));
}

#[test]
fn whatever_is_typed_is_answered() {
    let long = "9".repeat(5000);
    for text in
        ["", "hello", "1/1", "1/1:", "0/0: 0000", "1/9999: 00", "/", "1/1: =", &long, "é/é: é"]
    {
        read(text).unwrap_err();
    }
    read(&"1/2: 0000\n".repeat(200_000)).unwrap_err();
    let many = read(&"1/2: 0000\n".repeat(1000)).unwrap_err().to_string();
    assert!(many.lines().count() == 21, "{many}");
}
