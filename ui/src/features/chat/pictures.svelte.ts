// The pictures of a message that is not sent yet. The host keeps them with the draft; here is what it has.

import { backend, toProblem, type AddedPictures, type Picture, type Problem } from "$lib/backend";
import { toastError } from "$lib/state/toasts.svelte";

/** As the host has it; a longer one is not even read here. */
const mostBytes = 25 * 1024 * 1024;

const tooLong: Problem = {
	code: "invalid_input",
	message: "The picture has more than 25 MB.",
	hint: "Make it smaller, then add it again.",
};

export class DraftPictures {
	list = $state.raw<Picture[]>([]);
	/** How many are being looked at and made fit to be kept. */
	adding = $state(0);

	/** The conversation of the draft; null: the new chat. */
	#conversation: () => string | null;
	#changed: () => void;

	constructor(conversation: () => string | null, changed: () => void) {
		this.#conversation = conversation;
		this.#changed = changed;
	}

	get ids(): string[] {
		return this.list.map(({ id }) => id);
	}

	/** Read them from the host; a draft that cannot be read is told when its conversation is opened. */
	async read(): Promise<void> {
		this.list = await backend.draftPictures(this.#conversation());
	}

	choose(): Promise<void> {
		return this.#add(() => backend.choosePictures(this.#conversation()));
	}

	dropped(): Promise<void> {
		return this.#add(() => backend.addDroppedPictures(this.#conversation()));
	}

	async paste(files: File[]): Promise<void> {
		for (const file of files) {
			await this.#add(async () => {
				if (file.size > mostBytes) throw tooLong;
				const picture = await backend.pastePicture(this.#conversation(), await base64(file));
				return { pictures: [picture], refused: [] };
			});
		}
	}

	/** The page was given nothing of what was copied: the host looks whether it is a picture. */
	async pasteCopied(): Promise<void> {
		await this.#add(async () => {
			const picture = await backend.pasteCopiedPicture(this.#conversation());
			return { pictures: picture ? [picture] : [], refused: [] };
		});
	}

	async remove(id: string): Promise<void> {
		try {
			await backend.removePicture(id);
		} catch (thrown) {
			// What is not there any more is removed.
			if (toProblem(thrown).code !== "not_found") return toastError(thrown);
		}
		this.list = this.list.filter((picture) => picture.id !== id);
		this.#changed();
	}

	/** They are being sent. */
	hide(): void {
		this.list = [];
	}

	async #add(work: () => Promise<AddedPictures>): Promise<void> {
		this.adding += 1;
		try {
			const { pictures, refused } = await work();
			this.list = [...this.list, ...pictures];
			for (const problem of refused) toastError(problem);
			if (pictures.length > 0) this.#changed();
		} catch (thrown) {
			toastError(thrown);
		} finally {
			this.adding -= 1;
		}
	}
}

/** The bytes of a file, as a command takes them. */
async function base64(file: File): Promise<string> {
	const address = await new Promise<string>((done, failed) => {
		const reader = new FileReader();
		reader.onload = () => done(String(reader.result));
		reader.onerror = () => failed(reader.error);
		reader.readAsDataURL(file);
	});
	return address.slice(address.indexOf(",") + 1);
}

/** The pictures among what was pasted. */
export function pasted(event: ClipboardEvent): File[] {
	return [...(event.clipboardData?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
}
