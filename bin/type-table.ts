/** `npm run types:doc`: writes docs/types.md from the one table of types. `npm test` fails while the committed one is older. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TYPE_DOCUMENT_FILE, typeDocument } from '../lib/type-document.ts'
import { ROOT } from './environment.ts'

writeFileSync(join(ROOT, TYPE_DOCUMENT_FILE), typeDocument())
console.log(`${TYPE_DOCUMENT_FILE} written`)
