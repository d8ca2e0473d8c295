"use strict";
// Lines from the left operand of a sum to the others: of those that fail always, of one that is pointed at in bold.
const lines = document.getElementById("lines");
const where = (id) => {
  const mark = document.getElementById("m" + id);
  if (!mark) return null;
  const box = mark.parentElement.getBoundingClientRect();
  return [box.left + box.width / 2 + scrollX, box.top + box.height / 2 + scrollY];
};
const draw = () => {
  lines.replaceChildren();
  lines.style.height = document.documentElement.scrollHeight + "px";
  for (const sum of document.querySelectorAll(".sums li")) {
    const bold = sum.matches(":hover, :focus, :focus-within");
    if (!bold && !sum.classList.contains("fail")) continue;
    const [first, ...rest] = sum.dataset.operands.split(" ").map(where).filter(Boolean);
    for (const to of rest) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const bend = Math.min(120, 20 + Math.abs(to[1] - first[1]) / 3);
      path.setAttribute("d", `M${first[0]},${first[1]} C${first[0] - bend},${first[1]} ${to[0] - bend},${to[1]} ${to[0]},${to[1]}`);
      if (bold) path.classList.add("bold");
      lines.append(path);
    }
  }
};
for (const event of ["mouseover", "focusin", "toggle", "change"]) document.addEventListener(event, draw, true);
addEventListener("resize", draw);
addEventListener("load", draw);
