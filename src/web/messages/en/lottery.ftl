# Releases that are drawn by lot: entering, and what came of it.
lottery-title = Draw: { $name }
lottery-go = Enter the draw
lottery-announced = It is drawn by lot. One can enter from { $moment }.
lottery-open = It is drawn by lot. Enter until { $moment }; until then you can change your entry or withdraw it.
lottery-closed = Nobody can enter any more. The list of entries is being settled.
lottery-sealed = Nobody can enter any more. It is drawn from { $moment } on, when the public value is known.
lottery-drawn = It is drawn.
lottery-entries = { $count ->
    [one] { $count } entry takes part.
   *[other] { $count } entries take part.
 }
lottery-pay = Winners pay until { $pay }. What is left is sold from { $rest } on, to who comes first.
lottery-beacon = The public value will be: { $beacon }
lottery-choices = Your choices, the dearest first
lottery-choice = Choice { $rank }
lottery-none = no choice
lottery-up = Move up
lottery-down = Move down
lottery-send = Enter
lottery-change = Save the entry
lottery-withdraw = Withdraw the entry
lottery-done-entered = You have entered. It costs nothing, and when you come in makes no difference.
lottery-done-changed = Your entry is changed.
lottery-done-withdrawn = Your entry is withdrawn.
lottery-is-entered = You have entered.
lottery-is-withdrawn = You have withdrawn your entry.
lottery-won = Won: { $slot }. It is being kept for you; look again in a moment.
lottery-won-pay = Won: { $slot }. Pay by { $moment }.
lottery-won-paid = Won and paid: { $slot }.
lottery-won-gone = You won { $slot } and it was not paid or was given back. It has passed to others.
lottery-pay-now = See and pay
lottery-reserve = Not drawn. { $rank } in reserve until { $moment }. If it is your turn, a hold to pay stands among your bookings.
lottery-lost = Not drawn. What was left is sold to who comes first.
lottery-lapsed = You were drawn, but it could not be kept for you: a limit stood in the way, or the pitch was closed.
lottery-check = Check this draw
lottery-check-told = The seed was bound by its hash before anybody entered, the entries before anybody knew the public value. From the file anybody can repeat the draw.
lottery-id = Your entry in the file
lottery-commitment = SHA-256 of the seed
lottery-root = Hash of all entries
lottery-value = Public value
lottery-file = File
lottery-by-command = Command
lottery-command = kaichang draw-verify { $file }
