/**
 * Given names and family names that are common in the United States (Social Security Administration, names by decade of
 * birth; Census Bureau, frequently occurring surnames 2010; both in the public domain). They help to tell a name from
 * other words; names that are not here are taken as well.
 */
export const FIRST_NAMES: readonly string[] = (
  'james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica ' +
  'thomas sarah charles karen christopher lisa daniel nancy matthew betty anthony margaret mark sandra donald ashley ' +
  'steven kimberly paul emily andrew donna joshua michelle kenneth carol kevin amanda brian dorothy george melissa ' +
  'timothy deborah ronald stephanie edward rebecca jason sharon jeffrey laura ryan cynthia jacob kathleen gary amy ' +
  'nicholas angela eric shirley jonathan anna stephen brenda larry pamela justin emma scott nicole brandon helen ' +
  'benjamin samantha samuel katherine gregory christine alexander debra patrick rachel frank carolyn raymond janet ' +
  'jack catherine dennis maria jerry heather tyler diane aaron ruth jose julie adam olivia nathan joyce henry virginia ' +
  'douglas victoria zachary kelly peter lauren kyle christina ethan joan walter evelyn noah judith jeremy megan ' +
  'christian andrea keith cheryl roger hannah terry jacqueline gerald martha harold gloria sean teresa austin ann carl ' +
  'sara arthur madison lawrence frances dylan kathryn jesse janice jordan jean bryan abigail billy alice joe julia ' +
  'bruce judy gabriel sophia logan grace albert denise willie amber alan doris juan marilyn wayne danielle elijah ' +
  'beverly randy isabella roy theresa vincent diana ralph natalie eugene brittany russell charlotte bobby marie mason ' +
  'kayla philip alexis louis lori luis carlos miguel jorge pedro rosa carmen ana elena sofia mike dave bob bill tom ' +
  'jim steve chris matt dan tony ken ron greg jeff nick sam ben alex kate katie beth sue jen liz meg maggie peggy ' +
  'rick ed fred ted ray nate leo max luke owen liam lucas mia ava ella chloe zoe lily claire ellen joanne jill tina ' +
  'priya raj wei ahmed fatima omar aisha hiroshi yuki olga ivan'
).split(' ');

export const LAST_NAMES: readonly string[] = (
  'smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson ' +
  'thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young ' +
  'allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter ' +
  'roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers ' +
  'gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez ' +
  'wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez ' +
  'powell jenkins perry russell sullivan bell coleman butler henderson barnes gonzales fisher vasquez simmons romero ' +
  'jordan patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant herrera gibson ' +
  'ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods washington ' +
  'kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson porter hunter gordon mendez ' +
  'silva shaw snyder mason dixon munoz hunt hicks holmes palmer wagner black robertson boyd rose stone salazar fox ' +
  'warren mills meyer rice schmidt garza daniels ferguson nichols stephens soto weaver ryan gardner payne grant dunn'
).split(' ');

/** Words that companies and addresses of e-mail are made of. */
export const BUSINESS_WORDS: readonly string[] = (
  'insurance piano movers moving plumbing heating roofing landscaping construction electric electrical bakery dental ' +
  'trucking transport logistics services service solutions systems group company brothers sons partners consulting law ' +
  'legal tech technology software design studio auto repair garage cafe coffee restaurant grill pizza catering hotel ' +
  'farm farms market grocery foods store shop supply hardware medical clinic pharmacy health care home homes house ' +
  'realty properties property management security cleaning painting flooring windows doors glass steel metal tool ' +
  'machine works print press media marketing sales office info support contact hello mail team admin billing accounts ' +
  'north south east west first national american united general star sun blue green red golden silver city state ' +
  'harmony summit river lake mountain valley coast bay island bridge oak maple pine cedar'
).split(' ');
