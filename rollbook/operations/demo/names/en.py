from decimal import Decimal

from rollbook.operations.demo.names.words import Names, given, lines, listed

NAMES = Names(
    language="en",
    organisation="Constellation",
    currency="GBP",
    time_zone="Europe/London",
    phone_region="GB",
    thousand=Decimal(15),
    price_step=Decimal("0.5"),
    payment_step=1,
    # The thousand numbers that are kept for stories; a network large enough shares them.
    phone=lambda number: f"+447700900{number * 321 % 1000:03}",
    streets=listed("""
        High Street, Park Road, Church Lane, Mill Lane, Station Road, School Lane, Victoria Road, Green Lane, Kings
        Road, Queens Avenue, Manor Road, Grange Road, Springfield Road, Bridge Street, North Street, South Street,
        Meadow Way, Maple Close, Birch Avenue, Lake View, Field Lane, College Road, Theatre Street, Orchard Road,
        Rowan Way, Spring Gardens, Sunny Bank, Chapel Street, Rose Lane, River Walk
    """),
    surnames=listed("""
        Adams, Allen, Anderson, Andrews, Armstrong, Atkinson, Bailey, Baker, Ball, Barker, Barnes, Bell, Bennett,
        Booth, Bradley, Brooks, Brown, Burns, Burton, Butler, Campbell, Carr, Carter, Chambers, Chapman, Clark, Cole,
        Collins, Cook, Cooper, Cox, Cunningham, Davies, Dawson, Dixon, Edwards, Ellis, Evans, Fisher, Fletcher, Ford,
        Foster, Fox, Gibson, Gordon, Graham, Grant, Gray, Green, Griffiths, Hall, Hamilton, Harper, Harris, Harrison,
        Hart, Harvey, Henderson, Hill, Holmes, Hudson, Hughes, Hunt, Hunter, Jackson, James, Jenkins, Johnson, Jones,
        Kaur, Kelly, Kennedy, Khan, King, Knight, Lane, Lawrence, Lawson, Lee, Lewis, Lloyd, Macdonald, Marshall,
        Martin, Mason, Matthews, Miller, Mills, Mitchell, Moore, Morgan, Morris, Murphy, Murray, Nelson, Palmer,
        Parker, Patel, Pearce, Pearson, Perry, Phillips, Poole, Powell, Price, Reid, Reynolds, Richards, Roberts,
        Robinson, Rogers, Rose, Ross, Russell, Ryan, Saunders, Scott, Shah, Shaw, Simpson, Smith, Spencer, Stevens,
        Stewart, Stone, Sutton, Taylor, Thomas, Thompson, Turner, Walker, Walsh, Ward, Watson, Watts, Webb, Wells,
        West, White, Wilkinson, Williams, Wilson, Wood, Wright, Young
    """),
    of_woman=lambda surname: surname,
    boys=listed("""
        Adam, Aiden, Albert, Alexander, Alfie, Archie, Arthur, Benjamin, Caleb, Charlie, Daniel, David, Dylan, Edward,
        Elijah, Ethan, Felix, Finley, Freddie, George, Harrison, Harry, Henry, Hugo, Isaac, Jack, Jacob, James,
        Joseph, Joshua, Leo, Liam, Logan, Louis, Lucas, Max, Michael, Nathan, Noah, Oliver, Oscar, Reuben, Roman,
        Rory, Samuel, Sebastian, Teddy, Theo, Thomas, Toby, William, Zachary
    """),
    girls=listed("""
        Ada, Alice, Amelia, Anna, Aria, Aurora, Ava, Beatrice, Bella, Charlotte, Chloe, Clara, Daisy, Eleanor,
        Elizabeth, Ella, Emilia, Emily, Erin, Esme, Eva, Evie, Florence, Freya, Grace, Hannah, Harper, Imogen, Iris,
        Isabella, Isla, Ivy, Jessica, Lily, Lottie, Lucy, Luna, Maisie, Margot, Matilda, Maya, Mia, Millie, Olivia,
        Penelope, Phoebe, Poppy, Robyn, Rosie, Ruby, Scarlett, Sienna, Sofia, Summer, Thea, Violet, Willow, Zara
    """),
    men=given("""
        Aaron, Adrian, Alan, Andrew, Anthony, Ben, Christopher, Craig, Daniel, Darren, David, Gareth, Gary, Graham,
        Ian, James, Jason, John, Jonathan, Kevin, Lee, Mark, Martin, Matthew, Michael, Neil, Nicholas, Paul, Peter,
        Philip, Richard, Robert, Ross, Simon, Stephen, Stuart, Thomas, Timothy
    """),
    women=listed("""
        Alison, Amanda, Amy, Andrea, Angela, Anna, Beth, Carly, Caroline, Catherine, Charlotte, Claire, Donna, Emma,
        Fiona, Gemma, Hannah, Heather, Helen, Jane, Jennifer, Jessica, Joanne, Julie, Karen, Kate, Kelly, Laura, Lisa,
        Louise, Lucy, Melanie, Michelle, Natalie, Nicola, Rachel, Rebecca, Samantha, Sarah, Sharon, Sophie, Stephanie,
        Susan, Tracy, Victoria, Zoe
    """),
    programmes={
        "english": "Spanish",
        "painting": "Painting",
        "robotics": "Robotics",
        "dance": "Dance",
        "chess": "Chess",
        "school": "School preparation",
        "football": "Football",
        "vocal": "Singing",
        "adults": "Spanish for adults",
        "yoga": "Yoga",
    },
    topics={
        "english": listed(
            "Greetings, Family, Colours and numbers, The weather, At the shop, My day, Animals, House and rooms, "
            "Past tense, About myself"
        ),
        "painting": listed(
            "Gouache: autumn woods, Watercolour wet on wet, Still life, A portrait of mum, Perspective, Linocut, "
            "Pastel: the sea, Mixing colours"
        ),
        "robotics": listed(
            "Distance sensor, Robot arm, The maze, Gears, First program, Robot sumo, Loops and conditions, Line "
            "and light sensor"
        ),
        "dance": listed(
            "Stretching, Floor work, Hip-hop basics, Routine for the concert, In pairs, Rhythm and counting, "
            "Jumps and turns"
        ),
        "chess": listed(
            "Mate in two, The fork, The pin, Ruy Lopez, Pawn endings, Reviewing games, Blitz tournament"
        ),
        "school": listed(
            "Sounds and letters, Number bonds, Handwriting, Reading syllables, Logic, Seasons, More and less, "
            "Fine motor skills"
        ),
        "football": listed(
            "Dribbling, Passing and control, Shooting, Small-sided game, Coordination, Tackling, Goalkeeping"
        ),
        "vocal": listed("Breathing, Warm-up, Diction, Learning a song, At the microphone, Two voices"),
        "adults": listed(
            "Small talk, Travelling, Work and CV, Tenses: overview, Films and series, Business letters, Debate"
        ),
        "yoga": listed("Breathing, Sun salutation, Balance, Back and shoulders, Hip opening, Relaxation"),
    },
    levels=listed("beginners, intermediate, conversation, evening, morning"),
    hall="Hall",
    classroom="Room",
    by_month="month",
    by_lesson="lesson",
    small_group="small group",
    new_price="new price",
    holidays={
        (1, 1): "New Year's Day", (5, 4): "Early May bank holiday", (5, 25): "Spring bank holiday",
        (8, 31): "Summer bank holiday", (12, 24): "Christmas Eve", (12, 25): "Christmas Day", (12, 26): "Boxing Day",
        (12, 31): "New Year's Eve",
    },
    own_closing="Deep cleaning",
    cancelled=listed("Teacher is ill, No heating, Power cut, Quarantine, Concert rehearsal, Too few children"),
    frozen=listed("Holiday, Illness, Camp, Exams, Away for the summer, Recovering from an injury"),
    left=listed("Inconvenient time, Moved away, Too expensive, Did not like it, Health, Another club"),
    client_notes=lines("""
        Allergic to nuts.
        Grandmother collects.
        Shy about answering in front of everyone.
        Left-handed.
        Please call after 6 pm.
        Recommended by friends.
        Comes with a younger brother.
        Wears glasses, seat near the front.
    """),
    lesson_notes=lines("""
        A lively lesson, homework was gone through.
        To be repeated next time.
        Parents were invited to the open lesson.
        Ran out of materials, to be ordered.
    """),
    worked_off=lines("""
        Did the work at home, checked.
        Watched the recording, test passed.
        Worked with the teacher after class.
    """),
    discounts=listed("First month, A friend's advice, Late start"),
    payment_notes=listed("for both children, the rest, in parts"),
    never_came=listed("it never came, sent to another account, paid in cash instead"),
    said={
        "client": lines("""
            Grandma collects on Wednesdays, she told us in October.
            Mum prefers Telegram, she cannot take calls at work.
            Came from another school and knows the programme well.
            Wants to go on in summer, too.
            Dad is happy with the progress and says thank you.
            Brought a sister along for a trial.
            Allergic to citrus fruit: no treats, please.
        """),
        "group": lines("""
            A friendly group, newcomers settle in quickly.
            The parents have started a chat, Sophie's mum runs it.
            Nearly everybody comes to the open lesson.
            Books are handed out, two pupils are still without.
            We keep the lesson before the holidays where it is.
        """),
        "lesson": lines("""
            Another room today: ours had no light.
            Half the group was late because of the traffic.
            We got through the topic faster than planned.
            The manager looked in and liked what she saw.
            A boy was here for a trial and enjoyed it.
        """),
        "mark": lines("""
            Left early for the doctor.
            Came without kit and borrowed ours.
            Did very well today, the first to answer.
            Mum wrote in the morning: a temperature.
            Grandfather collected, he showed his permission.
            Tired towards the end, so we let him rest.
            Marked later: the journal did not open.
        """),
    },
    asked={
        "client": lines("""
            Call Mum back: she asked about a second group.
            Check the phone number, the old one does not answer.
            Prepare a statement of payments for the year.
            The contract is not signed, remind them.
            Suggest moving up to the older group.
        """),
        "group": lines("""
            Order two more books.
            Find a substitute for next Friday.
            Decide on a second group: eight are waiting already.
            Write to the parents that the concert has moved.
        """),
        "lesson": lines("""
            The projector does not start, call somebody in.
            The room is cold, have the heating checked.
            Move the lesson: there is a concert on that day.
            Buy markers and paper.
        """),
        "mark": lines("""
            Check this mark: Mum says the child was here.
            The third miss in a row, call the parents.
            Forgot a jacket, it is at the desk.
            Agree on a make-up before the end of the month.
            Find out why she left early.
        """),
    },
    taught_alone="Make-up with the teacher",
)
