// Swagger UI knows one dark class; it follows the theme chosen in the console, or the system.
const system = window.matchMedia("(prefers-color-scheme: dark)");
function follow() {
  const { theme } = document.documentElement.dataset;
  document.documentElement.classList.toggle("dark-mode", theme === "dark" || (theme !== "light" && system.matches));
}
system.addEventListener("change", follow);
follow();
