import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Gatehouse, temporaryFolder } from "./app.js";
const out = "/tmp/mtry/shots";
for (const theme of ["light", "dark"]) {
	test(theme, async (t) => {
		await mkdir(out, { recursive: true });
		const env = { GTK_THEME: theme === "dark" ? "Adwaita:dark" : "Adwaita", WEBKIT_DISABLE_DMABUF_RENDERER: "0" };
		const folder = await temporaryFolder(t);
		const app = await Gatehouse.start(t, folder, env);
		await app.see("button", /^Model: SmolLM2/);
		await app.click("button", "Settings");
		await app.click("button", "May: ask models");
		await app.click("option", "read metrics");
		await app.gone("option");
		await app.fill("New client", "Prometheus");
		await app.click("button", "Add");
		await app.says("reads metrics; good until you take it back");
		await app.fill("Address of the collector", "http://127.0.0.1:9");
		await app.click("heading", "Settings");
		await app.says("How it stands");
		await new Promise((r) => setTimeout(r, 12000));
		await app.click("button", "Look again");
		for (const [w, h] of [[1280, 900], [640, 900]]) {
			await app.resize(w, h);
			await app.run(() => [...document.querySelectorAll("h2")].find((h) => h.textContent.includes("Local API"))?.scrollIntoView());
			await new Promise((r) => setTimeout(r, 700));
			await writeFile(join(out, `settings-${w}-${theme}.png`), await app.screenshot());
			await app.run(() => [...document.querySelectorAll("h2")].find((h) => h.textContent.includes("Telemetry"))?.scrollIntoView());
			await new Promise((r) => setTimeout(r, 700));
			await writeFile(join(out, `telemetry-${w}-${theme}.png`), await app.screenshot());
		}
	});
}
