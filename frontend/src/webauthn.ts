// Passkeys and security keys: <form data-webauthn="create | get | sign-in"> with its options beside it, as JSON.
import { register } from "./register";

type Parts = Record<string, any>;
const BINARY = new Set(["challenge", "id", "rawId"]);

register<HTMLFormElement>("form[data-webauthn]", (form) => {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void answer(form).then(
      (credential) => {
        (form.elements.namedItem("credential") as HTMLInputElement).value = JSON.stringify(credential);
        form.submit();
      },
      () => form.querySelector(".error[role='alert']")?.removeAttribute("hidden"),
    );
  });
});

async function answer(form: HTMLFormElement): Promise<Parts> {
  const options = await optionsOf(form);
  const publicKey = decoded(options.publicKey);
  if (form.dataset.webauthn !== "create") return encoded(await navigator.credentials.get({ publicKey: publicKey as any }));
  const alone = (form.elements.namedItem("passwordless") as HTMLInputElement | null)?.checked ?? false;
  const wish = { residentKey: alone ? "required" : "discouraged", requireResidentKey: alone };
  const proof = alone ? { userVerification: "required" } : {};
  publicKey.authenticatorSelection = { ...publicKey.authenticatorSelection, ...wish, ...proof };
  return encoded(await navigator.credentials.create({ publicKey: publicKey as any }));
}

async function optionsOf(form: HTMLFormElement): Promise<Parts> {
  const beside = form.querySelector("script[type='application/json']");
  if (beside) return JSON.parse(beside.textContent ?? "");
  const told = await fetch(form.action, { headers: { Accept: "application/json" } });
  return (await told.json()).request_options;
}

/** What the server wrote as base64url, as bytes. */
function decoded(value: any, name = ""): any {
  if (typeof value === "string") return BINARY.has(name) ? bytes(value) : value;
  if (Array.isArray(value)) return value.map((each) => decoded(each));
  if (value === null || typeof value !== "object") return value;
  // The id of the site is a name, that of a person or a key is bytes.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === "rp" ? each : decoded(each, key)]));
}

/** What the browser answered, with bytes as base64url. */
function encoded(credential: Credential | null): Parts {
  const { id, rawId, type, response, authenticatorAttachment, getClientExtensionResults } = credential as Parts;
  const parts: Parts = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  const clientExtensionResults = getClientExtensionResults.call(credential);
  return { id, rawId: text(rawId), type, response: parts, authenticatorAttachment, clientExtensionResults };
}

function bytes(text: string): Uint8Array {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
