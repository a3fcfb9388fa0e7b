// What happens when another colour or picture is `chosen`; `change` says which: colour, left or right.
const data = source.data;
if (change === "colour") {
  const { field, names, palette, low, high, none, legend: words } = columns[Number(chosen.value)];
  const steps = (palette.length - 1) / (high - low || 1);
  const missing = (value) => (names ? value < 0 : Number.isNaN(value));
  const place = (value) => (names ? value : Math.round((value - low) * steps));
  const word = (value) => (names ? names[value] : String(Number(value.toPrecision(6))));
  const values = Array.from(data[field]);
  data.colour = values.map((value) => (missing(value) ? pale : palette[place(value)]));
  data.shown = values.map((value) => (missing(value) ? none : word(value)));
  legend.text = words;
} else {
  data[`${change}_x`] = data[`x${chosen.value}`];
  data[`${change}_y`] = data[`y${chosen.value}`];
}
source.change.emit();
