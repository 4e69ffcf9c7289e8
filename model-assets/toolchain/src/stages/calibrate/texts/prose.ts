/** Texts in whole sentences: news, knowledge, law, medicine, business, stories. */
export const NEWS: readonly string[] = [
  'The government has postponed the vote on the housing bill until after the summer.',
  'Shares in the carmaker fell 7.2% on Tuesday after it cut its forecast for the year.',
  'Firefighters brought the blaze under control shortly before midnight; nobody was hurt.',
  'The city will close its last coal-fired power station in March, two years earlier than planned, the mayor told reporters.',
  'MADRID (Reuters style) - The national team drew 1-1 with Denmark after a late penalty, and goes through on goal difference.',
  'Talks between the union and the airline broke down on Friday evening, raising the prospect of strikes over the holidays. A spokeswoman for the company said that it remained "ready to return to the table at any time".',
  'Scientists have found traces of a shallow sea beneath the ice cap, according to a study published this week. The team drilled to a depth of 1,400 metres and recovered sediments that had not seen light for at least three million years.',
  'Heavy snow has cut off several villages in the Alps, where the risk of avalanches remains high.',
  'The prime minister denied that she had known of the payments before they appeared in the press.',
  'Inflation slowed to 2.4 per cent in the year to September from 2.9 per cent in August, as energy became cheaper.',
  'Voters in the two northern provinces go to the polls on Sunday in an election that is widely seen as a test of the coalition.',
  'The museum has returned eleven bronzes to Nigeria.',
];

export const KNOWLEDGE: readonly string[] = [
  'The heart of a blue whale weighs about as much as a small car.',
  'Granite is an igneous rock that cools slowly below the surface, so that its crystals grow large enough to be seen.',
  "Ada Lovelace (1815-1852) described how Babbage's Analytical Engine could compute Bernoulli numbers.",
  "The Treaty of Westphalia, signed in 1648 in Münster and Osnabrück, ended the Thirty Years' War in the Holy Roman Empire and the Eighty Years' War between Spain and the Dutch Republic.",
  'In mathematics, a group is a set with an operation that combines any two of its elements to a third, such that the operation is associative, has an identity element, and every element has an inverse.',
  'Tea reached Europe in the early seventeenth century on Dutch ships. At first it was sold by apothecaries, as a medicine; a pound of it cost more than a craftsman earned in several weeks. Within a hundred years it had become the everyday drink of half the continent, smuggled on such a scale that in some ports more of it came ashore by night than by day.',
  'Enzymes lower the activation energy of a reaction without being consumed by it.',
  'The word "robot" comes from the Czech robota, forced labour, and was first used in a play of 1920.',
  'Mount Kilimanjaro has three volcanic cones: Kibo, Mawenzi and Shira. Kibo is the highest, at 5,895 m above sea level.',
  'Bats find their way by echoes: they give calls of up to 200 kHz and hear from what comes back how far away things are, how large they are, and whether they move.',
  'Sodium chloride dissolves in water because the molecules of water surround its ions.',
  'Under the gold standard, a central bank promised to exchange its notes for a fixed amount of gold. When trade fell into deficit, gold flowed out, money became scarce and prices fell, which in theory restored the balance. In practice the adjustment was slow and painful, and governments abandoned the system one after the other in the 1930s.',
  'Photons have no mass, yet they carry momentum.',
  'The sonata form has three main sections: exposition, development and recapitulation. The exposition presents two themes in different keys; the development takes them apart, often passing through distant keys; the recapitulation brings both back in the key of the beginning.',
];

export const PROFESSIONS: readonly string[] = [
  'The Tenant shall not sublet the Premises or any part thereof without the prior written consent of the Landlord, which shall not be unreasonably withheld.',
  'In the event of a conflict between this Agreement and any Schedule, the terms of this Agreement shall prevail.',
  'The appellant contends that the tribunal erred in law by failing to consider the evidence of the second witness; we are not persuaded.',
  'Patient is a 54-year-old female presenting with shortness of breath and intermittent chest pain for 3 days. BP 148/92, HR 96, SpO2 94% on room air. No known drug allergies.',
  'Take one tablet (500 mg) twice a day with food. Do not exceed four tablets in 24 hours.',
  'MRI shows a 6 mm lesion in the left temporal lobe, unchanged since the previous study.',
  'Q3 revenue grew 11% year on year to $412 million; operating margin narrowed by 80 basis points because of higher freight costs.',
  "Please find attached the minutes of Tuesday's meeting. Kindly send me your corrections by noon on Friday, so that they can be approved before the board meets.",
  'We are looking for a backend engineer with experience in distributed systems. You will own services that handle 40,000 requests per second, and be on call one week in six.',
  'Dear Ms Okafor, thank you for your order no. 88-1204. Unfortunately the lamp in brass is out of stock until the end of the month. We can send you the same model in black at once, or refund the amount to your card.',
  'The refrigerant circuit must be evacuated to below 50 Pa before it is filled.',
  'Tighten the four bolts crosswise to 25 Nm, then by a further quarter of a turn.',
  'Subject: URGENT - production line 4 is down. Sensor B7 reports a pressure of 0.0 bar since 03:12; the operator has checked the cable and the valve. Spare part 7731-C is not in stock. Please advise.',
  'The insured must report any loss within fourteen days of becoming aware of it.',
  'We propose a method that learns from unlabelled text alone. On four of five benchmarks it outperforms the previous state of the art, with a tenth of the parameters. Ablations show that most of the gain comes from the objective rather than from the data.',
];

export const STORIES: readonly string[] = [
  'The old man had not spoken since Tuesday.',
  'She closed the door behind her, listened, and only then let go of the breath that she had been holding.',
  '"You could have told me," he said. "You could have asked," she said.',
  'Nobody in the village remembered who had built the bridge, but everyone knew who had fallen off it.',
  'It rained for nine days. On the tenth the river came into the kitchen, politely, under the door, and stood there as if it were waiting to be offered a chair. My grandmother looked at it for a while. Then she took off her shoes, put them on the table, and went on peeling potatoes.',
  'Once upon a time there was a fox who collected clocks.',
  'The lighthouse keeper wrote a letter every evening and burned it every morning.',
  'Run! he thought, but his legs had already decided otherwise.',
  'When the last guests had gone, we sat on the steps with what remained of the cake and counted the stars between the wires. There were eleven. My sister said that in the mountains you could see thousands, and that it had never made anybody happier.',
  'The captain folded the map twice, three times, until the sea was no larger than his hand.',
];
