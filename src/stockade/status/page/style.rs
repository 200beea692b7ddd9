//! How the page looks: on a phone, on a desk, in print, by day and by night.

/// A colour by its name in the style sheet, in light and in dark.
type Colour = (&'static str, &'static str, &'static str);

/// The page's colours. The test below computes their contrasts.
const COLOURS: [Colour; 8] = [
    ("back", "#f6f7f9", "#14171c"),
    ("card", "#ffffff", "#1e232b"),
    ("text", "#1b1f24", "#e8eaed"),
    ("soft", "#4f5864", "#a9b2bf"),
    ("line", "#d5dae1", "#3a424e"),
    ("good", "#116329", "#5fd07d"),
    ("warn", "#7d4e00", "#f0b849"),
    ("bad", "#a40e26", "#ff9492"),
];

/// The style sheet.
pub(super) fn style() -> String {
    let of = |colour: fn(&Colour) -> &'static str| -> String {
        COLOURS.iter().map(|one| format!("--{}:{};", one.0, colour(one))).collect()
    };
    let (light, dark) = (of(|one| one.1), of(|one| one.2));
    format!(
        ":root{{color-scheme:light dark;{light}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{RULES}"
    )
}

const RULES: &str = "\
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main,header,footer{max-width:64rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2rem 0 .75rem;break-after:avoid}
h3{font:600 1rem/1.4 ui-monospace,monospace;margin:0 0 .5rem;overflow-wrap:anywhere}
p{margin:.25rem 0}
.soft,footer{color:var(--soft)}
footer{padding-bottom:2rem;margin-top:2rem;font-size:.9rem}
.sums{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;margin:1rem 0 0;list-style:none}
.sums li{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.4rem .8rem}
.sums b{font-size:1.2rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:1rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem;break-inside:avoid;min-width:0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem .35rem 0;border-top:1px solid var(--line)}
td bdi,th bdi{overflow-wrap:anywhere}
th code,thead th{white-space:nowrap}
thead th{border-top:0;font-size:.9rem;color:var(--soft);font-weight:600}
tbody th{font-weight:400}
code{font:.9rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
th code{font-size:.85rem}
pre{margin:.25rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .75rem;margin:0 0 .5rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
ol.tasks{padding-left:1.5rem}
ol.tasks li,ul.plain li{margin-bottom:.6rem}
.good{color:var(--good)}
.warn{color:var(--warn);font-weight:600}
.bad{color:var(--bad);font-weight:600}
ol.time{list-style:none;margin:0;padding:0 0 0 1rem;border-left:2px solid var(--line)}
ol.time>li{position:relative;margin-bottom:1rem;break-inside:avoid}
ol.time>li::before{content:'';position:absolute;left:-1.45rem;top:.45rem;width:.75rem;height:.75rem;border-radius:50%;background:currentColor;border:2px solid var(--back)}
ol.time p{color:var(--text);font-weight:400}
ol.time p.soft{color:var(--soft)}
ol.time p.problem{color:var(--bad)}
details ul{margin:.25rem 0;padding-left:1.2rem}
summary{cursor:pointer}
@page{margin:15mm}
@media print{html{font-size:9.5pt}body{background:#fff}tr,li{break-inside:avoid}main,header,footer{max-width:none;padding:0}.card,.sums li{border-color:#999}.cards{display:block}.card{margin-bottom:1rem;break-inside:auto}details:not([open]){display:none}}
";

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of a colour, as WCAG 2.2 defines it.
    fn luminance(colour: &str) -> f64 {
        let number = u32::from_str_radix(colour.trim_start_matches('#'), 16).unwrap();
        let part = |shift: u32| {
            let part = f64::from((number >> shift) & 0xff) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_by_day_and_by_night() {
        let of = |name: &str| COLOURS.iter().find(|one| one.0 == name).unwrap();
        for text in ["text", "soft", "good", "warn", "bad"] {
            for back in ["back", "card"] {
                let (text, back) = (of(text), of(back));
                for (ours, theirs) in [(text.1, back.1), (text.2, back.2)] {
                    let contrast = contrast(ours, theirs);
                    assert!(contrast >= 4.5, "{} on {}: {contrast:.2}", text.0, back.0);
                }
            }
        }
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for far in ["http", "url(", "@import", "@font-face", "<"] {
            assert!(!style().contains(far), "{far}");
        }
    }
}
