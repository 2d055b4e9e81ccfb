# Releases that one queues for: the waiting room.
queue-title = Waiting room: { $name }
queue-turn-title = It is your turn: { $name }
queue-go = To the waiting room
queue-announced = One queues for it. The waiting room opens { $moment }.
queue-gathering = One queues for it. Come before { $moment }: then places are drawn by lot among all who are here.
queue-serving = One queues for it. Who comes now stands at the end.
queue-sold-out = Everything is taken at this moment. What is given back goes to those who wait, in their order.
queue-over = This queue is closed: its days are over.
queue-crowd = { $count ->
    [one] { $count } person waits.
   *[other] { $count } people wait.
 }
queue-sign-in = Sign in and queue
queue-join = Queue
queue-proof = Very many are coming. Your device shows for a moment that it is no robot's; that needs scripts to be allowed.
queue-leave = Leave the queue
queue-look = Check my place
queue-before = Before you
queue-place = Your place
queue-now-serving = Now serving
queue-your-turn = Your turn, about
queue-expected = { $from }–{ $to }
queue-number = Your number
queue-close-page = You may close this page: your place is kept, on every device on which you sign in.
queue-sold-out-told = Nothing is left now. You keep your place; when something is given back, it is offered in the order of the places.
queue-turn-told = Choose what you want and book it; nobody who waits can take it before you.
queue-turn-until = Yours until { $time }
queue-turn-over = Your time is over. You can queue again.
queue-choose = Choose where
queue-is-over = Your turn is over. You can queue again, at the end.
queue-is-left = You have left the queue. You can queue again, at the end.
queue-rule-early = To come early gains nothing: all who are here at the instant get their places by lot. Who comes later stands behind them.
queue-rule-turn = { $minutes ->
    [one] When it is your turn you have { $minutes } minute to book.
   *[other] When it is your turn you have { $minutes } minutes to book.
 }
queue-rule-past = Nothing is booked past the queue.
queue-check = Check the order
queue-check-told = The seed was bound by its hash before anybody came. From the seed and your number anybody can work out your place.
queue-seed = Seed
queue-early = Came before the instant
queue-ticket = Your signed number
