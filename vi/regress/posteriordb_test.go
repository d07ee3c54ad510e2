package regress

import (
	"fmt"
	"testing"
)

// betas maps our coefficient names, in order, to beta[1], beta[2], …
func betas(ours ...string) map[string]string {
	out := map[string]string{}
	for i, n := range ours {
		out[n] = fmt.Sprintf("beta[%d]", i+1)
	}
	return out
}

var (
	flat       = []string{"b=flat()", "b_Intercept=flat()", "sigma=flat()"}
	halfCauchy = []string{"b=flat()", "b_Intercept=flat()", "sigma=cauchy(0,2.5)"}
	nesArrays  = []string{"partyid7", "real_ideo", "race_adj", "age_discrete", "educ1", "gender", "income"}
	nesFormula = "partyid7 ~ real_ideo + race_adj + C(age_discrete) + educ1 + gender + income"
	nesNames   = betas("b_Intercept", "b_real_ideo", "b_race_adj", "b_age_discrete2", "b_age_discrete3", "b_age_discrete4",
		"b_educ1", "b_gender", "b_income")
	bushes     = []string{"weight", "diam1", "diam2", "canopy_height", "total_height", "density", "group"}
	bushVolume = "log(diam1*diam2*canopy_height)"
	bushArea   = "log(diam1*diam2)"
	bushShape  = "log(diam1/diam2)"
)

// posteriordbCases are Gaussian regressions of posteriordb with reference draws, small (46 rows) to middling (1,379).
// In 46 rows with seven coefficients the sd of sigma is a tenth above that of the best Gaussian: what is compared
// includes the importance correction.
var posteriordbCases = []referenceCase{
	{
		answers: "kidiq-kidscore_momhs", rows: "kidiq", arrays: []string{"kid_score", "mom_hs"}, priors: halfCauchy,
		formula: "kid_score ~ mom_hs", theirs: betas("b_Intercept", "b_mom_hs"),
	},
	{
		answers: "kidiq-kidscore_momiq", rows: "kidiq", arrays: []string{"kid_score", "mom_iq"}, priors: halfCauchy,
		formula: "kid_score ~ mom_iq", theirs: betas("b_Intercept", "b_mom_iq"),
	},
	{
		answers: "kidiq-kidscore_momhsiq", rows: "kidiq", arrays: []string{"kid_score", "mom_hs", "mom_iq"}, priors: halfCauchy,
		formula: "kid_score ~ mom_hs + mom_iq", theirs: betas("b_Intercept", "b_mom_hs", "b_mom_iq"),
	},
	{
		answers: "kidiq-kidscore_interaction", rows: "kidiq", arrays: []string{"kid_score", "mom_hs", "mom_iq"}, priors: halfCauchy,
		formula: "kid_score ~ mom_hs * mom_iq", theirs: betas("b_Intercept", "b_mom_hs", "b_mom_iq", "b_mom_hs:mom_iq"),
	},
	{
		answers: "kidiq_with_mom_work-kidscore_interaction_c2", rows: "kidiq_with_mom_work",
		arrays: []string{"kid_score", "mom_hs", "mom_iq"}, priors: flat, formula: "kid_score ~ I(mom_hs-0.5) * I(mom_iq-100)",
		theirs: betas("b_Intercept", "b_I(mom_hs-0.5)", "b_I(mom_iq-100)", "b_I(mom_hs-0.5):I(mom_iq-100)"),
	},
	{
		answers: "earnings-earn_height", rows: "earnings", arrays: []string{"earn", "height"}, priors: flat,
		formula: "earn ~ height", theirs: betas("b_Intercept", "b_height"),
	},
	{
		answers: "earnings-logearn_height_male", rows: "earnings", arrays: []string{"earn", "height", "male"}, priors: flat,
		formula: "log(earn) ~ height + male", theirs: betas("b_Intercept", "b_height", "b_male"),
	},
	{
		answers: "earnings-logearn_interaction", rows: "earnings", arrays: []string{"earn", "height", "male"}, priors: flat,
		formula: "log(earn) ~ height * male", theirs: betas("b_Intercept", "b_height", "b_male", "b_height:male"),
	},
	{
		answers: "mesquite-mesquite", rows: "mesquite", arrays: bushes, priors: flat,
		formula: "weight ~ diam1 + diam2 + canopy_height + total_height + density + group",
		theirs: betas("b_Intercept", "b_diam1", "b_diam2", "b_canopy_height", "b_total_height", "b_density",
			"b_group"),
	},
	{
		answers: "mesquite-logmesquite_logvas", rows: "mesquite", arrays: bushes, priors: flat,
		formula: "log(weight) ~ " + bushVolume + " + " + bushArea + " + " + bushShape + " + log(total_height) + log(density) + group",
		theirs: betas("b_Intercept", "b_"+bushVolume, "b_"+bushArea, "b_"+bushShape, "b_log(total_height)",
			"b_log(density)", "b_group"),
	},
	{ // the priors' numbers come with the data; x is a year, so that intercept and slope correlate at about −1
		answers: "kilpisjarvi_mod-kilpisjarvi", rows: "kilpisjarvi_mod", arrays: []string{"y", "x"}, formula: "y ~ x",
		priors: []string{"b_Intercept=normal(9.312903,100)", "b_x=normal(0,0.0333333333333333)", "sigma=flat()"},
		theirs: map[string]string{"b_Intercept": "alpha", "b_x": "beta"},
	},
	{answers: "nes1972-nes", rows: "nes1972", arrays: nesArrays, priors: flat, formula: nesFormula, theirs: nesNames},
	{answers: "nes1992-nes", rows: "nes1992", arrays: nesArrays, priors: flat, formula: nesFormula, theirs: nesNames},
}

func TestPosteriordb(t *testing.T) {
	for _, c := range posteriordbCases {
		t.Run(c.answers, func(t *testing.T) {
			c.answers = "posteriordb/reference/" + c.answers + ".json"
			c.rows = "posteriordb/data/" + c.rows + ".json"
			c.family = "gaussian"
			c.run(t, "fullrank", 1)
		})
	}
}
