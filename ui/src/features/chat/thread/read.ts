// The view of messages brings Markdown along, which a new chat can do without: its code is read after
// the first frame, or when the first messages are to be shown.

const read = () => import("./ThreadView.svelte");
let view: ReturnType<typeof read> | undefined;

export function threadView(): ReturnType<typeof read> {
	return (view ??= read());
}
