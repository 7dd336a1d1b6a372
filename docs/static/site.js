// What a keyboard and a screen reader need, which furo leaves out: names for the two asides, and scrolling blocks that can have the focus.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "Pages");
  document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "On this page");
  const reach = () => {
    for (const block of document.querySelectorAll("pre, .table-wrapper")) {
      if (block.scrollWidth > block.clientWidth || block.scrollHeight > block.clientHeight) block.tabIndex = 0;
      else block.removeAttribute("tabindex");
    }
  };
  reach();
  addEventListener("resize", reach);
});
