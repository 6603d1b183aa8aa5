// What a visitor chose in the view panel, put on <html> before the first paint (see site.js).
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    Object.assign(root.dataset, JSON.parse(localStorage.getItem("view") || "{}"));
  } catch {
    // A browser that keeps nothing shows the ordinary look.
  }
})();
