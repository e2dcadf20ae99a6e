// Show the password while it is typed, on request; send the form once.
const form = document.querySelector("[data-login]");
const password = form.querySelector("#password");
const show = form.querySelector("[data-show-password]");

show.hidden = false;
show.addEventListener("click", () => {
  const shown = password.type === "password";
  password.type = shown ? "text" : "password";
  show.setAttribute("aria-pressed", String(shown));
  password.focus();
});

form.addEventListener("submit", () => {
  // What is shown is not kept by the browser as a password.
  password.type = "password";
  // What stands behind # never reached the server.
  if (location.hash) form.elements.next.value = (form.elements.next.value || "/") + location.hash;
  form.querySelector("[type=submit]").disabled = true;
});
// Back from another page by the browser's own memory.
window.addEventListener("pageshow", () => {
  form.querySelector("[type=submit]").disabled = false;
});
