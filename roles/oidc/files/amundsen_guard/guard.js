// Adds the user's name and a way to sign out to Amundsen's navigation bar, in every version of its page,
// and asks for a login when the session is over while the page is open.
(() => {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (...body) {
    this.addEventListener("load", () => {
      const login = this.status === 401 && this.getResponseHeader("X-Login");
      if (login) location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
    });
    return send.apply(this, body);
  };

  const id = "guard-sign-out";
  let name = "";
  const add = () => {
    const bar = document.querySelector(".nav-bar-right");
    if (!bar || document.getElementById(id)) return;
    const link = document.createElement("a");
    link.id = id;
    link.href = "/logout";
    link.className = "nav-bar-link header-link";
    link.textContent = "Sign out";
    link.title = name ? `Signed in as ${name}` : "";
    link.setAttribute("aria-label", name ? `Sign out ${name}` : "Sign out");
    const who = document.createElement("a"); // without an address, so that it looks like its neighbour and leads nowhere
    who.id = "guard-user";
    who.className = "nav-bar-link header-link";
    who.textContent = name;
    bar.append(who, link);
    Object.assign(who.style, { color: getComputedStyle(link).color, cursor: "default" });
  };
  fetch("/api/auth_user", { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then((body) => { name = body.user.display_name || body.user.email; })
    .catch(() => {})
    .finally(() => {
      add();
      new MutationObserver(add).observe(document.body, { childList: true, subtree: true });
    });
})();
