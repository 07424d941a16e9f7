// A page in a frame, and a table of what S3 was asked. The rows are text from S3 and are put in as
// text, never as HTML.

// VS Code shows outputs in a page of its own, which lets no other page in.
const isEditor = () =>
  location.protocol === "vscode-webview:" || location.hostname.endsWith(".vscode-cdn.net");

function render({ model, el }) {
  const make = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });
  // A key's parts, between which a line may end.
  const breakable = (key) => key.split(/(?<=[/_.-])/).flatMap((part) => [part, make("wbr")]);
  el.classList.add("web-panel");
  const frame = make("iframe");
  frame.referrerPolicy = "no-referrer";
  const link = make("a", "Open the page in a tab of its own");
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  const refresh = make("button", "Refresh");
  refresh.type = "button";
  const body = make("tbody");
  const table = make("table");
  const head = make("thead");
  const titles = make("tr");
  titles.append(...["Request and key", "Status", "Why"].map((title) => {
    const cell = make("th", title);
    cell.scope = "col";
    return cell;
  }));
  head.append(titles);
  table.append(head, body);
  const bar = make("div");
  bar.className = "web-panel-bar";
  bar.append(make("strong", "What S3 saw, latest first"), refresh, link);
  const scroll = make("div");
  scroll.className = "web-panel-table";
  scroll.tabIndex = 0;
  scroll.append(table);
  el.append(frame, bar, scroll);

  const want = (what) => model.send({ want: what });
  refresh.addEventListener("click", () => want("decisions"));
  const told = ({ where, rows, stopped }) => {
    if (stopped) {
      // Not the browser's own page about a server that does not answer.
      const ended = make("p", `${stopped}: stopped. To use it again, run this cell again.`);
      ended.className = "web-panel-stopped";
      ended.setAttribute("role", "status");
      frame.replaceWith(ended);
      link.remove();
    }
    if (where) {
      // The same name of this computer as the notebook's: a page in a frame under another one
      // would get no cookie.
      const host = location.hostname === "localhost" ? "localhost" : "127.0.0.1";
      frame.title = where.title;
      const url = where.url ?? `http://${host}:${where.port}/`;
      const theme = document.body.dataset.jpThemeLight === "false" ? "dark" : "light";
      if (isEditor()) {
        const apart = make("p", `VS Code can't show "${where.title}" here. Open it in a tab of its own, below.`);
        apart.className = "web-panel-stopped";
        frame.replaceWith(apart);
      }
      frame.src = link.href = `${url}#code=${where.code}&theme=${theme}`;
    }
    if (rows) {
      body.replaceChildren(...rows.map((row) => {
        const line = make("tr");
        line.className = row.status < "400" ? "answered" : "refused";
        const request = make("td");
        const key = make("code");
        key.append(...breakable(row.key));
        request.append(make("div", row.request), key);
        line.append(request, make("td", row.status), make("td", row.why));
        return line;
      }));
    }
  };
  model.on("msg:custom", told);
  let waiting = 0;
  const heard = (event) => {
    if (event.source !== frame.contentWindow) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => want("decisions"), 300);
  };
  window.addEventListener("message", heard);
  want("where");
  want("decisions");
  return () => {
    clearTimeout(waiting);
    window.removeEventListener("message", heard);
    model.off("msg:custom", told);
  };
}

export default { render };
