// Runs before the first paint, so that a chosen theme never flashes in the system's one.
// The settings in the host decide; this is their echo from the last run.
const theme = localStorage.getItem("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
