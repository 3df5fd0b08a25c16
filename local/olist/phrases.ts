/** What reviews say: a message is an opening, a middle and an end, each drawn from a list by whether the customer was pleased. */

type Mood = 'pleased' | 'disappointed'

export const TITLES: Record<Mood, string[]> = {
  pleased: [
    'Recomendo',
    'Ótimo',
    'Super recomendo',
    'Muito bom',
    'Excelente! ⭐⭐⭐⭐⭐',
    'Entrega rápida 🚚',
    'Perfeito',
    'Produto "top"',
    'Nota 10',
    'Bom',
  ],
  disappointed: [
    'Não recomendo',
    'Péssimo',
    'Não recebi o produto',
    'Produto errado',
    'Atraso na entrega 😡',
    'Decepção',
    'Veio com defeito',
    '"Original"?',
  ],
}

export const OPENINGS: Record<Mood, string[]> = {
  pleased: [
    'Recebi bem antes do prazo estipulado.',
    'Parabéns lojas lannister, adorei comprar pela internet!',
    'Produto de ótima qualidade 👏',
    'Chegou direitinho, muito bem embalado.',
    'Amei ❤️',
    'Exatamente como no anúncio.',
    'Entrega super rápida 🚀',
    'Gostei muito, é lindo e prático.',
    'A loja é nota 10;',
    "Comprei uma caixa d'água e chegou inteira.",
  ],
  disappointed: [
    'Não recebi o produto até agora.',
    'Comprei três unidades e só recebi duas 😡',
    'O produto veio com defeito.',
    'Péssima experiência.',
    'Veio faltando peças,',
    'A descrição dizia "original" e não é.',
    'Atrasou mais de 20 dias 😤',
    'Cor errada: pedi preto e veio azul.',
  ],
}

export const MIDDLES: Record<Mood, string[]> = {
  pleased: [
    ' O preço é justo e a atenção do vendedor, excelente.',
    '\r\nCompraria novamente com certeza.',
    ' Meu marido disse: "é o melhor que já tivemos".',
    ' Só a embalagem poderia ser melhor',
    '\n\nFunciona perfeitamente.',
    ' Já é a segunda vez que compro.',
    ' O tecido é macio e não encolheu.',
    '',
  ],
  disappointed: [
    ' Já mandei e-mail e ninguém responde.',
    '\r\nQuero meu dinheiro de volta!',
    ' O atendente disse: "aguarde mais 5 dias úteis".',
    ' Paguei o frete e a entrega não foi feita; fui buscar nos Correios',
    '\nSolicitei a devolução, sem solução.',
    ' A nota fiscal veio em nome de outra pessoa.',
    '',
  ],
}

export const ENDINGS: Record<Mood, string[]> = {
  pleased: ['', '!!!', ' Recomendo.', '\r\nObrigada!', ' 👍', ' 😍😍', ' Até a próxima.', ' Nota: 10/10'],
  disappointed: [
    '',
    '...',
    ' Não compro mais.',
    '\r\nAguardo retorno.',
    ' 👎',
    ' É um absurdo!',
    ' Só 50% do prometido.',
  ],
}
