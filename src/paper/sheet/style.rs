//! How sheets look, on screens and in print.

/// The style of every sheet, after the size of its page.
pub(super) const STYLE: &str = "\
@page { margin: 15mm; @bottom-right { content: \"page \" counter(page) \" of \" counter(pages); font: 8pt sans-serif; } }
* { box-sizing: border-box; }
body { margin: 0; color: #000; background: #fff; font: 10pt/1.35 sans-serif; }
main { max-width: 180mm; margin: 0 auto; padding: 4mm; }
h1 { font-size: 16pt; margin: 0 0 3mm; overflow-wrap: anywhere; }
h2 { font-size: 12pt; margin: 5mm 0 2mm; break-after: avoid; }
p { margin: 0 0 2mm; }
table { border-collapse: collapse; width: 100%; margin: 3mm 0; }
th, td { text-align: left; vertical-align: top; padding: 1mm 2mm 1mm 0; border-top: 0.2mm solid #999; overflow-wrap: anywhere; }
th { white-space: nowrap; width: 28mm; }
li { margin-bottom: 2mm; }
pre { font: 9pt/1.3 monospace; margin: 1mm 0; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.keys { font-size: 8pt; }
pre.lines { font-size: 10pt; line-height: 1.45; white-space: pre; overflow-x: auto; orphans: 3; widows: 3; }
pre.script { font-size: 8pt; white-space: pre; overflow-x: auto; }
.codes { display: grid; grid-template-columns: repeat(auto-fit, minmax(60mm, 84mm)); gap: 3mm 10mm; justify-content: center; }
figure { margin: 0; break-inside: avoid; text-align: center; }
figure svg { width: 100%; max-width: 84mm; display: block; margin: 0 auto; }
figcaption { font-size: 8pt; }
@media print { main { max-width: none; padding: 0; } .codes { grid-template-columns: 84mm 84mm; } pre.lines, pre.script { overflow: visible; } }
";
