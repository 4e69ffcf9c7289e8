/** Passages with questions, most of which they answer: what extractive question answering is judged on. */

export interface Passage {
  readonly context: string;
  readonly questions: readonly string[];
}

export const PASSAGES: readonly Passage[] = [
  {
    context:
      'The lighthouse on the northern cape was built between 1871 and 1874 by the engineer Ragna Holm. It is 38 metres high, and its lamp can be seen from 19 nautical miles away. Since 1989 it has worked without a keeper.',
    questions: [
      'Who built the lighthouse?',
      'How high is it?',
      'When was the lighthouse finished?',
      'Since when has it had no keeper?',
    ],
  },
  {
    context:
      'Penicillin was discovered in 1928 by Alexander Fleming, who noticed that a mould had killed the bacteria in a dish he had left uncovered. It took until 1941 before Howard Florey and Ernst Chain treated the first patient, a policeman in Oxford.',
    questions: [
      'What had killed the bacteria?',
      'Who discovered penicillin?',
      'Where was the first patient treated?',
      'What was the profession of the first patient?',
    ],
  },
  {
    context:
      'The store opens at 8 am from Monday to Friday and at 9 am on Saturdays. It closes at 7 pm every day but Sunday. Returns are accepted within 30 days with the receipt; without it, customers get a voucher.',
    questions: [
      'When does the store open on Saturday?',
      'How long can things be returned?',
      'What do customers without a receipt get?',
      'At what time does it close?',
    ],
  },
  {
    context:
      'Lake Sarnen lost half of its water in the dry summer of 2018. Fishermen moved their boats to the eastern shore, and the town of Melk paid 240,000 francs for a new pipe to the springs in the hills.',
    questions: [
      'When did the lake lose its water?',
      'How much did the pipe cost?',
      'Where did the fishermen go?',
      'Which town paid for the pipe?',
    ],
  },
  {
    context:
      'A neuron receives signals through its dendrites and passes them on along the axon. Where the axon ends, chemical messengers cross the synapse, a gap of about 20 nanometres, and reach the next cell.',
    questions: [
      'What receives the signals?',
      'How wide is a synapse?',
      'What crosses the synapse?',
      'Along what are signals passed on?',
    ],
  },
  {
    context:
      'The orchestra was founded in 1903 by the banker Theodor Lenz. Its first conductor, Maria Vidal, stayed for 22 years and brought it to Paris, Leipzig and Buenos Aires. During the war it played in a tram depot, because the concert hall had burned down.',
    questions: [
      'Who founded the orchestra?',
      'Why did it play in a tram depot?',
      'How long did Maria Vidal stay?',
      'In which year was the orchestra founded?',
    ],
  },
  {
    context:
      'To reset the device, hold the power button for ten seconds until the red light blinks. All settings are lost, but the recordings stay on the memory card. If the light does not blink, charge the battery for at least one hour and try again.',
    questions: [
      'How long must the power button be held?',
      'What is lost by a reset?',
      'Where are the recordings?',
      'What if the light does not blink?',
    ],
  },
  {
    context:
      'Quinoa has been grown in the Andes for some 5,000 years. Bolivia and Peru produce most of it. The seeds contain all essential amino acids, but their shells are bitter and have to be washed off before cooking.',
    questions: [
      'Where has quinoa been grown for long?',
      'Which countries produce most of it?',
      'Why must the seeds be washed?',
      'For how long has it been grown?',
    ],
  },
  {
    context:
      'In its report for the third quarter, the company said that revenue had risen by 12 percent to 3.4 billion dollars, mainly because of higher sales in Brazil. Its chief executive, Ingrid Sato, expects no growth in the next quarter.',
    questions: [
      'By how much did revenue rise?',
      'Who is the chief executive?',
      'Where did sales grow?',
      'What was the revenue of the quarter?',
    ],
  },
  {
    context:
      'The border between the two villages follows the stream up to the mill, and from there the edge of the forest. In 1702 a quarrel over three cows ended with a treaty, which still hangs, framed, in the inn.',
    questions: [
      'What was the quarrel about?',
      'Where does the treaty hang?',
      'What does the border follow up to the mill?',
      'When was the treaty made?',
    ],
  },
  {
    context:
      'Honey keeps for years because it contains little water and is acidic. Archaeologists found pots of it in Egyptian tombs that were 3,000 years old and could still be eaten.',
    questions: [
      'Why does honey keep for so long?',
      'Who found the pots?',
      'How old were the tombs?',
      'What did they find in the tombs?',
    ],
  },
  {
    context:
      'The race begins at the harbour at 10:30 and leads over 42.2 kilometres to the stadium. Runners need a medical certificate, which must not be older than six months. Numbers are handed out on Friday afternoon in the town hall.',
    questions: [
      'Where does the race begin?',
      'How old may the certificate be?',
      'Where are the numbers handed out?',
      'How long is the race?',
    ],
  },
  {
    context:
      'The violin maker Giuseppe Guarneri worked in Cremona and died in 1744. About 150 of his violins have survived. Paganini called his own one, made in 1743, his cannon, because of its powerful tone.',
    questions: [
      'Where did Guarneri work?',
      'How many of his violins have survived?',
      'What did Paganini call his violin?',
      'When did Guarneri die?',
    ],
  },
  {
    context:
      'A cold front moves in from the Atlantic on Wednesday night. Expect gusts of up to 90 kilometres an hour on the coast, snow above 800 metres, and rain elsewhere. It clears up from Friday on.',
    questions: [
      'When does the front arrive?',
      'How strong are the gusts on the coast?',
      'Above which height does it snow?',
      'When will the weather clear up?',
    ],
  },
  {
    context:
      'The bridge carries 84,000 vehicles a day, four times as many as it was designed for in 1962. Inspectors found cracks in eleven of its 46 cables last spring, so that lorries have to take the tunnel until they are replaced.',
    questions: [
      'How many vehicles use the bridge each day?',
      'What did the inspectors find?',
      'What do lorries have to do?',
      'In how many cables are there cracks?',
    ],
  },
];
