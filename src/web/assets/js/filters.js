// A choice in the form is sent at once; the button stays for who has no script.

for (const form of document.querySelectorAll("form[data-filters]")) {
  for (const select of form.querySelectorAll("select")) {
    select.addEventListener("change", () => form.requestSubmit());
  }
}
