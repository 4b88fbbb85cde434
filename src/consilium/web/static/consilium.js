// The only script of the site. Every page works without it.
document.documentElement.dataset.script = "on";
