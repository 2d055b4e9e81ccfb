# booking
