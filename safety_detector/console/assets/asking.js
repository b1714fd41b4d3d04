// Asks the service; where no answer comes, says so in the page's language.
export async function ask(address, options) {
  try {
    return await fetch(address, options);
  } catch {
    throw new Error(document.body.dataset.silent);
  }
}
