/* "How accurate, and where?": the reader chooses the settings for the rows and the columns of the map. Each combination of
   the other settings that vary has a panel, so that nothing but seeds is averaged. */

const { grid } = data;  // null where fewer than two settings vary
const axes = grid && { rows: grid.rows, columns: grid.columns };

function drawAccuracies() {
  const names = Object.keys(grid.settings), { rows, columns } = axes;
  const others = names.filter((name) => name !== rows && name !== columns);
  const valueOf = (cell, name) => grid.settings[name][cell.at[names.indexOf(name)]];
  const panels = new Map();
  for (const cell of grid.cells) {
    const title = others.map((name) => `${name} ${valueOf(cell, name)}`).join(", ");
    panels.set(title, [...(panels.get(title) || []), cell]);
  }
  const cellAt = (cells, row, column) => cells.find((cell) => valueOf(cell, rows) === row && valueOf(cell, columns) === column);
  const means = grid.cells.map(({ mean }) => mean), best = Math.max(...means), worst = Math.min(...means);
  const where = (end) => {
    const [first, ...more] = grid.cells.filter(({ mean }) => mean === end);
    const named = [valueOf(first, rows), valueOf(first, columns), ...others.map((name) => `${name} ${valueOf(first, name)}`)];
    return `${first.says[0]} (${named.join(", ")}${more.length ? `; and ${more.length} more` : ""})`;
  };
  const words = `Test accuracy, mean over seeds, by ${rows} (rows) and ${columns} (columns)`
    + `${others.length ? `, with a panel for each ${others.join(" and ")}` : ""}: from ${where(worst)} to ${where(best)}. A frame marks the best.`;

  const text = (kind, words) => element("span", { class: kind, dir: "auto", title: words }, words);
  const drawn = [...panels].map(([title, cells]) => element("div", {}, element("p", { dir: "auto" }, title),
    element("div", { class: "cells", style: `--columns: ${grid.settings[columns].length}` }, text("corner", `${rows} \\ ${columns}`),
      ...grid.settings[columns].map((column) => text("column", column)),
      ...grid.settings[rows].flatMap((row) => [text("row-name", row), ...grid.settings[columns].map((column) => {
        const cell = cellAt(cells, row, column);
        return cell ? element("b", { class: cell.mean === best ? "best" : "", style: `background: ${cell.fill}; color: ${cell.ink}` }, cell.says[0])
          : element("b", {}, "-");
      })]))));
  const scale = element("p", { class: "scale" }, "0", element("i", { style: `background: linear-gradient(90deg, ${grid.scale.join(", ")})` }), "1");
  $("accuracy").querySelector(".plot").replaceChildren(element("div", { class: "heat", role: "img", "aria-label": words }, ...drawn, scale));
  $("accuracy").querySelector("figcaption").textContent = words;
  const panel = panels.size > 1 ? ["panel"] : [];
  table($("accuracy").querySelector("details .scroll"), "How accurate, and where?", [rows, ...panel, ...grid.settings[columns]],
    [...panels].flatMap(([title, cells]) => grid.settings[rows].filter((row) => cells.some((cell) => valueOf(cell, rows) === row))
      .map((row) => [row, ...panel.map(() => title), ...grid.settings[columns].map((column) => cellAt(cells, row, column)?.says[1] ?? "-")])));
  for (const name of ["rows", "columns"]) $(`map-${name}`).value = axes[name];
}

/* One setting for the rows and another for the columns; words that name no such pair change nothing. */
function readAxes() {
  const words = fromAddress(), rows = words.get("rows") ?? axes.rows, columns = words.get("columns") ?? axes.columns;
  if (rows !== columns && rows in grid.settings && columns in grid.settings) Object.assign(axes, { rows, columns });
}

function startAxes() {
  for (const [name, other] of [["rows", "columns"], ["columns", "rows"]]) {
    const choice = $(`map-${name}`);
    choice.append(...Object.keys(grid.settings).map((setting) => element("option", { value: setting }, setting)));
    choice.addEventListener("change", () => {
      if (axes[other] === choice.value) axes[other] = axes[name];  // the two change places
      axes[name] = choice.value;
      drawAccuracies();
      toAddress(axes);
    });
  }
  readAxes();
  window.addEventListener("hashchange", () => { readAxes(); drawAccuracies(); });
  $("axes").hidden = false;
  drawAccuracies();
}

if (grid && $("accuracy")) startAxes();
