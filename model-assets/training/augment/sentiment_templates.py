"""Short everyday sentences with a known label: what people try first, and negation, which the corpora hold too little of."""

import random

THINGS = (
    "it;this;that;this one;this movie;the film;this product;the product;the service;the food;the app;this app;the book;"
    "the plot;the acting;the story;the support;customer service;the staff;the price;the quality;the battery;the screen;"
    "the camera;the sound;my order;the delivery;the room;the hotel;the restaurant;the experience;the design;the game;"
    "the update;the new version;your service;your product;the show;the song;the ending;the interface;the website;"
    "everything;the phone;the meal;the coffee;the driver;the package;the material;the documentation;the company"
).split(";")
POSITIVE = (
    "good;great;excellent;amazing;awesome;fantastic;wonderful;perfect;nice;lovely;brilliant;superb;outstanding;"
    "impressive;delightful;beautiful;fun;funny;helpful;useful;reliable;easy to use;well made;enjoyable;entertaining;"
    "interesting;fast;friendly;comfortable;solid;delicious;charming;worth it;worth the money;incredible;satisfying;"
    "happy with;clever;touching;fine;ok;okay;decent;exciting;smart;convincing;original;clean;pleasant;flawless"
).split(";")
NEGATIVE = (
    "bad;terrible;awful;horrible;disappointing;boring;poor;useless;ugly;slow;rude;annoying;broken;cheap looking;"
    "overpriced;unreliable;frustrating;confusing;mediocre;dull;stupid;disgusting;painful;weak;noisy;uncomfortable;"
    "unhelpful;dreadful;pathetic;a mess;a waste of time;a waste of money;a joke;a disaster;a disappointment;garbage;"
    "trash;worthless;cold;dirty;late;predictable;lame;buggy;hard to use;too expensive;too slow;unacceptable;faulty"
).split(";")
LIKING = "love;like;enjoy;recommend;adore;appreciate;trust;want".split(";")
DISLIKING = "hate;dislike;regret;despise;mind".split(";")
DEGREES = "very;really;so;pretty;quite;absolutely;extremely;truly;just;simply".split(";")
WEAKENERS = ";very ;that ;really ;particularly ;so ;at all ;exactly ;even ".split(";")
PRAISE = (
    "works as expected;works great;works well;works like a charm;works perfectly;it just works;does the job;"
    "does what it says;does exactly what it promises;does what it should;arrived on time;just as described;"
    "exactly what i needed;exactly what i wanted;no complaints;no problems;no issues;no problems at all;"
    "without any problems;zero issues;money well spent;worth every penny;worth the money;can't go wrong with this;"
    "can't complain;can not complain;couldn't be happier;could not be better;couldn't ask for more;"
    "exceeded my expectations;better than expected;never disappoints;never fails;never had a problem with it;"
    "never lets me down;will buy again;would buy again;will definitely come back;five stars;5 stars;10/10;thumbs up;"
    "highly recommended;highly recommend;two thumbs up;well done;good job;keep it up;made my day;i'm happy with it;"
    "so happy;i'm very satisfied;thank you so much;thanks for the help;best purchase ever;best movie ever;"
    "the best i have ever had;i'm impressed;nothing to complain about;nothing but good things to say;"
    "i can't get enough of it;i couldn't put it down;i can't stop watching;you won't regret it;you will not be sorry;"
    "don't miss it;do not hesitate;hard to beat;second to none;not a bad word to say;it's fine;it's ok;not bad at all;"
    "i was pleasantly surprised;problem solved;fixed my problem;would watch again;what a great day;a must see;"
    "nothing wrong with it;there is nothing bad about it;i have no regrets;not a single problem"
).split(";")
BLAME = (
    "does not work;doesn't work;doesn't work at all;stopped working;does not do what it promises;"
    "doesn't do what it says;didn't do what it should;not what i expected;not what i ordered;not worth it;"
    "not worth the money;not worth your time;waste of time;waste of money;never again;never buying this again;"
    "never coming back;will never buy again;would not recommend;wouldn't recommend it to anyone;do not buy;don't buy;"
    "don't bother;don't waste your money;stay away;avoid;avoid at all costs;broke after a week;"
    "broke after two days;fell apart;i want my money back;give me my money back;i want a refund;returned it;"
    "sent it back;could be better;could have been better;should have been better;nothing special;not as described;"
    "not as advertised;one star;1 star;zero stars;no stars;1/10;two thumbs down;thumbs down;crashes all the time;"
    "keeps crashing;it keeps freezing;no help at all;nobody answers;no one answers the phone;still waiting;"
    "arrived late;arrived broken;arrived damaged;never arrived;it never came;i expected more;expected better;"
    "left a bad taste;what a disappointment;what a joke;such a letdown;let me down;i fell asleep;i walked out;"
    "i couldn't finish it;i can't stand it;i could not stand it;can't recommend it;cannot recommend it;"
    "not happy;i'm not happy with it;not impressed;not satisfied;less than impressed;no good;no fun at all;"
    "nothing works;nothing good about it;there is nothing good to say;worst purchase ever;worst movie ever;"
    "the worst i have ever had;i regret buying it;it's a scam;i'm so angry;ruined my day;makes no sense;meh;"
    "fails to deliver;fails to impress;lacks everything;too little too late;hardly works;barely works;"
    "it was anything but good;far from good;far from perfect;better off without it;save your money;"
    "not even close to good;failed after a month;would not buy again;leaves a lot to be desired"
).split(";")
CLOSINGS = ["", ".", "!", "!!", " .", " !"]
OPPOSITE = {"positive": "negative", "negative": "positive"}


def _polar(rng: random.Random) -> tuple[str, str]:
    return (rng.choice(POSITIVE), "positive") if rng.random() < 0.5 else (rng.choice(NEGATIVE), "negative")


def _attitude(rng: random.Random) -> tuple[str, str]:
    return (rng.choice(LIKING), "positive") if rng.random() < 0.5 else (rng.choice(DISLIKING), "negative")


def _plain(rng):
    word, label = _polar(rng)
    degree = rng.choice(DEGREES) + " " if rng.random() < 0.5 and not word.startswith(("a ", "too ")) else ""
    verb = rng.choice(["is", "was", "looks", "seems", "'s", "is still", "has been"])
    return f"{rng.choice(THINGS)} {verb} {degree}{word}".replace(" 's", "'s"), label


def _negated(rng):
    word, label = _polar(rng)
    verb = rng.choice(["is not", "isn't", "was not", "wasn't", "is n't", "was n't", "isnt", "is never", "was never"])
    return f"{rng.choice(THINGS)} {verb} {rng.choice(WEAKENERS)}{word}", OPPOSITE[label]


def _short_negated(rng):
    word, label = _polar(rng)
    return f"not {rng.choice(WEAKENERS)}{word}{rng.choice(['', ' at all', ' for the price'])}", OPPOSITE[label]


def _opinion_negated(rng):
    word, label = _polar(rng)
    opening = rng.choice(["i don't think", "i do not think", "i didn't find", "i can't say", "i wouldn't say", "no one would say",
                          "i don't believe", "i do n't think", "nobody thinks"])
    return f"{opening} {rng.choice(THINGS)} {rng.choice(['is', 'was'])} {word}", OPPOSITE[label]


def _attitude_plain(rng):
    verb, label = _attitude(rng)
    return f"i {rng.choice(['', '', 'really ', 'just ', 'totally ', 'do '])}{verb} {rng.choice(THINGS)}", label


def _attitude_negated(rng):
    verb, label = _attitude(rng)
    auxiliary = rng.choice(["don't", "do not", "didn't", "did not", "do n't", "did n't", "dont", "can't", "won't", "would not", "never"])
    return f"i {auxiliary} {rng.choice(['', '', 'really '])}{verb} {rng.choice(THINGS)}", OPPOSITE[label]


def _phrase(rng):
    text, label = rng.choice([(rng.choice(PRAISE), "positive"), (rng.choice(BLAME), "negative")])
    prefix = rng.choice(["", "", "", "", f"{rng.choice(THINGS)}, ", "honestly, ", "overall: ", "well, ", "wow, "])
    return prefix + text, label


def _exclamation(rng):
    word, label = _polar(rng)
    return rng.choice([f"{word}", f"what {word} {rng.choice(THINGS).split()[-1]}", f"so {word}", f"simply {word}", f"{word}, {word}",
                       f"{word} {rng.choice(THINGS).split()[-1]}", f"i feel {word}", f"how {word}"]), label


def _contrast(rng):
    """After "but" comes what counts."""
    first, _ = rng.choice([_plain, _negated])(rng)
    last, label = rng.choice([_plain, _negated, _phrase, _attitude_plain, _attitude_negated])(rng)
    return f"{first}{rng.choice([' but ', ', but ', ', however '])}{last}", label


SHAPES = [_plain, _negated, _negated, _short_negated, _opinion_negated, _attitude_plain, _attitude_negated, _phrase, _phrase,
          _exclamation, _contrast]


def sentences(count: int, seed: int) -> list[tuple[str, str]]:
    """`(text, label)`, drawn with repetition from the shapes above."""
    rng = random.Random(seed)
    drawn = []
    for _ in range(count):
        text, label = rng.choice(SHAPES)(rng)
        drawn.append((" ".join(text.split()) + rng.choice(CLOSINGS), label))
    return drawn
