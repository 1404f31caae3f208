package demo

import "fmt"

var (
	firstNames = []string{"Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gil", "Hana", "Ines", "Jon", "Kaya", "Lars", "Mia", "Nils", "Omar", "Pia", "Raj", "Suki", "Tom", "Vera"}
	lastNames  = []string{"Abbott", "Bauer", "Costa", "Dietz", "Evans", "Fuchs", "Garcia", "Holm", "Ito", "Jansen", "Klein", "Lopez", "Moser", "Novak", "Olsen", "Park", "Quist", "Rossi", "Sato", "Tran"}
)

// enlarge adds made-up people to the cast until there are n. They are the same
// for the same n; one in ten has some trouble.
func enlarge(people []character, n int) []character {
	for i := 0; len(people) < n; i++ {
		first := firstNames[i%len(firstNames)]
		last := lastNames[i/len(firstNames)%len(lastNames)]
		name := fmt.Sprintf("%s.%s%d", first, last, i)
		p := person(name, first+" "+last, groups[1+i%3].name)
		c := character{romm: user(name), idp: p} // made by an OIDC login: the name as sent
		switch i % 50 {
		case 7:
			c.romm.email = "old-" + c.romm.email
		case 17:
			c.romm.email = ""
		case 27:
			p.untrusted = true
		case 37:
			c.romm = nil
		case 47:
			p.groups = nil
		}
		people = append(people, c)
	}
	return people
}
