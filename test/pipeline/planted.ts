/** Secrets and cells that may be found nowhere but in the data, and what they look like when something writes them down. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'

/** A PKCS#8 key that its passphrase opens, and its public half as Snowflake wants it. */
export const keyPair = (passphrase: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase },
  })
  return { privateKey, publicKey: publicKey.replace(/-----[^-]+-----|\n/g, '') }
}

const body = (pem: string) => pem.split('\n').filter((line) => line && !line.startsWith('-----'))

/** Lines of a private key, locked and open: any of them is enough to know it by. */
export const linesOfKey = (pem: string, passphrase: string): string[] => {
  const open = createPrivateKey({ key: pem, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString()
  return [...body(pem).slice(2, 8), ...body(open).slice(2, 8)]
}

/** A text as it stands, in base64 whatever stands before it, in hex, in JSON, in SQL, in a URL. */
export const disguises = (text: string): string[] => {
  const bytes = Buffer.from(text)
  const shifted = [0, 1, 2].map((before) =>
    // the first and last group of four hold bits of what stands beside it
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      .slice(before ? 4 : 0, -4),
  )
  const hex = bytes.toString('hex')
  const inJson = JSON.stringify(text).slice(1, -1)
  return [
    ...new Set([
      text,
      inJson,
      text.replaceAll("'", "''"),
      JSON.stringify(inJson).slice(1, -1),
      encodeURIComponent(text),
      hex,
      hex.toUpperCase(),
      ...shifted,
    ]),
  ].filter((each) => each.length >= 6)
}

/** Where what was planted stands: `<planted> in <place>`, with a few characters around it. */
export const found = (planted: Map<string, string>, places: Map<string, string>): string[] =>
  [...planted].flatMap(([name, text]) =>
    disguises(text).flatMap((each) =>
      [...places].flatMap(([place, content]) => {
        const at = content.indexOf(each)
        return at < 0 ? [] : [`${name} in ${place}: ${content.slice(Math.max(0, at - 60), at + each.length + 20)}`]
      }),
    ),
  )
